"""What Roadworthy knows: releases, evidence, lineage and rules, in plain Python without orchestrator or tracker."""
