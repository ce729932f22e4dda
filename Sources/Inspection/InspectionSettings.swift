package import Base
package import Domain

/// Which looks at stored content are switched on: INSPECTION_METADATA, INSPECTION_CLAMD, INSPECTION_THUMBNAIL_COMMAND,
/// INSPECTION_OCR_COMMAND, and INSPECTION_DIR for the files that are looked at.
package struct InspectionSettings: Sendable {
    private let readsMetadata: Bool
    private let scanner: ClamdAddress?
    /// Steps by name: program and arguments.
    private let commands: [(name: String, words: [String])]
    private let directory: String

    /// Bad values are added to the environment's problems.
    package init(_ environment: inout Environment) {
        readsMetadata = environment.flag("INSPECTION_METADATA", default: true)
        directory = environment.string("INSPECTION_DIR") ?? "/tmp"
        let text = environment.string("INSPECTION_CLAMD")
        scanner = text.flatMap(ClamdAddress.init)
        if text != nil, scanner == nil { environment.report("INSPECTION_CLAMD must be unix:/path or host:port") }
        var commands: [(name: String, words: [String])] = []
        for (name, variable, text) in [
            ("thumbnail", "INSPECTION_THUMBNAIL_COMMAND", environment.string("INSPECTION_THUMBNAIL_COMMAND")),
            ("OCR", "INSPECTION_OCR_COMMAND", environment.string("INSPECTION_OCR_COMMAND")),
        ] {
            guard let text else { continue }
            var words = text.split(separator: " ").map(String.init)
            guard let program = words.first, program.hasPrefix("/"), ChildProcess.path(of: program) != nil else {
                environment.report("\(variable) must begin with the full path of a program")
                continue
            }
            words[0] = program
            commands.append((name, words))
        }
        self.commands = commands
    }

    /// The looks, in their order: what the scanner finds infected, nothing else opens.
    package func inspectors(objects: any ObjectLocator, log: Log) -> [any FileInspector] {
        var inspectors: [any FileInspector] = []
        if let scanner { inspectors.append(ClamdInspector(objects: objects, address: scanner)) }
        if readsMetadata {
            let metadata = MetadataInspector(objects: objects, directory: directory, log: log)
            if !metadata.missingTools.isEmpty {
                log.warning(
                    "tools for metadata are not installed",
                    ["tool.names": .text(metadata.missingTools.joined(separator: ", "))])
            }
            inspectors.append(metadata)
        }
        for command in commands {
            inspectors.append(
                CommandInspector(
                    name: command.name, command: command.words, objects: objects, directory: directory, log: log))
        }
        return inspectors
    }
}
