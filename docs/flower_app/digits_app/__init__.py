"""Federated learning of digits on Flower, with models and updates coded by nnc."""
