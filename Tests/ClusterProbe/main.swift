import ClusterSimulation

print(World(seed: 1).fingerprint)
