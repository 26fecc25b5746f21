"""Where training and test data come from: `readers`, one file a data set."""
