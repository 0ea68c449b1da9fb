print("stillwatch")
