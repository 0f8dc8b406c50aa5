"""What is served: opened releases, and the route by which each request finds its one."""
