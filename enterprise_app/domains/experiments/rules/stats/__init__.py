"""The statistics of experiments, on sums per arm that SQL delivers (docs/statistics.md).

`analysis.analyse` is the one call for a metric; the other modules are the single tools. Everything is a pure function
of numbers. Bad data is answered by a named reason (`failures`), never by NaN."""
