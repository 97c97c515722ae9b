"""Where the named data sets come from: their entries, accepted file forms and downloads."""
