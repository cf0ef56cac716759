"""Pages: an article and its decision in, bytes out."""
