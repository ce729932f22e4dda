import Base
import Configuration
import Glibc

Shutdown.prepare()
Memory.keepLittle()
let configuration = ProgramConfiguration(for: .sidecar)
var environment = configuration.environment
do {
    let config = try SidecarConfig(&environment)
    let sidecar = try Composition(config)
    configuration.keepVaultToken(log: Log(component: "upload", level: config.logLevel))
    // SIGTERM is a restart where someone keeps the sidecar running, SIGINT is the end in any case.
    if Shutdown.wait() == SIGTERM { sidecar.handOver() }
    exit(sidecar.stop() ? 0 : 1)
} catch let error as ConfigurationError {
    ConfigurationReport.exit(error)
} catch {
    Log.standardError(Array("upload-sidecar: cannot start: \(error)\n".utf8))
    exit(1)
}
