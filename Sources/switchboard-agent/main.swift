import AgentWorker

AgentWorkerProcess.run()
