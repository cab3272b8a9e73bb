"""Tests of networks beside one another."""
