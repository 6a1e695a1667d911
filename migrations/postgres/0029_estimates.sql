-- How many issues have ended is told by statistics of the expression, which there are none of yet.
ANALYZE issue;
