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
    _ = Shutdown.wait()
    exit(sidecar.stop() ? 0 : 1)
} catch let error as ConfigurationError {
    for problem in error.problems { Log.standardError(Array("upload-sidecar: \(problem)\n".utf8)) }
    exit(78)  // EX_CONFIG of sysexits(3)
} catch {
    Log.standardError(Array("upload-sidecar: cannot start: \(error)\n".utf8))
    exit(1)
}
