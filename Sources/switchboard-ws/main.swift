print("switchboard-ws")
