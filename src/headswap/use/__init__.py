"""What a user does with the pipeline and its results, beside running it.

Nothing here is a stage, and nothing imports from one.
"""
