import Base
import Configuration

Shutdown.prepare()
do {
    let configuration = ProgramConfiguration(for: .application)
    let app = try Composition(environment: configuration.environment)
    configuration.keepVaultToken(log: app.log)
    let listeners = try app.listen()
    app.log.info("ready", ["signal.stop": "SIGTERM"])
    let signal = Shutdown.wait()
    app.log.info("stopping", ["signal": .integer(Int64(signal))])
    app.stop(listeners)
} catch {
    ConfigurationReport.exit(error)
}
