"""Figures: arrays in, Plotly figures out. Nothing here knows of torch, models or pages."""
