"""Evidence: how surprising is tonight, if rows are independent, or beside the nights of the reference?"""
