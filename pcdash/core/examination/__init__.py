"""What a version is held against before it serves: a grid of conditions, the same for its rivals.

conditions   what is done to a cloud, at which levels
exam         the clouds of an examination, described under every condition
passport     how right and how well calibrated a version is under each, with intervals
paired       the statistics of two versions on the same clouds
gate         whether one version is significantly worse than another
evidence     the test clouds themselves, small: what a report shows
"""
