import Base

/// Secrets that stand in files of their own, as container platforms hand them over: `NAME_FILE` names the file.
enum SecretFiles {
    /// Puts each file's content, without its last line break, in the place of the variable that names it.
    static func read(into environment: inout Environment) {
        for setting in SecretSetting.all {
            for name in [setting.name] + setting.aliases { read(name, into: &environment) }
        }
    }

    private static func read(_ name: String, into environment: inout Environment) {
        let variable = "\(name)_FILE"
        guard let path = environment.string(variable) else { return }
        environment.set(variable, to: nil)
        guard environment.string(name) == nil else {
            return environment.report("\(name) and \(variable) are both set; one of them is enough")
        }
        guard var text = TextFile.read(path) else {
            return environment.report("\(variable) must name a readable text file")
        }
        while text.last?.isNewline == true { text.removeLast() }
        guard !text.isEmpty, !text.utf8.contains(0), !text.contains(where: \.isNewline) else {
            return environment.report("\(variable) must name a file with one line of text")
        }
        environment.set(name, to: text)
    }
}
