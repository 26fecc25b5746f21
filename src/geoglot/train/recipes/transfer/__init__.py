"""What simulated scenes are worth on real images: the transfer table of docs/transfer.md.

python -m geoglot.train transfer --data DATA --out runs/transfer
"""
