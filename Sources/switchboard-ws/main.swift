import WebSocketWorker

WebSocketWorkerProcess.run()
