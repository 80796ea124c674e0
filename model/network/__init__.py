"""The network: attention, positions, masks, blocks, and what may be changed of them."""
