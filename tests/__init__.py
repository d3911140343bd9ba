"""Tests of the generator, of what it generates and of the site."""
