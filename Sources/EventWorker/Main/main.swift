import Base
import Configuration

Shutdown.prepare()
do {
    let configuration = ProgramConfiguration(for: .worker)
    let worker = try Composition(environment: configuration.environment)
    configuration.keepVaultToken(log: worker.log)
    let activity = worker.start()
    worker.log.info("ready", ["signal.stop": "SIGTERM"])
    let signal = Shutdown.wait()
    worker.log.info("stopping", ["signal": .integer(Int64(signal))])
    worker.stop(activity)
} catch {
    ConfigurationReport.exit(error)
}
