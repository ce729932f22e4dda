import Base

/// `saasctl completion`
struct CompletionCommand: Command {
    private static let shell = Parameter("SHELL", "bash or zsh")

    /// Nothing that it does needs the installation's secrets.
    static var readsSettings: Bool { false }

    static let syntax = Syntax(
        "completion", summary: "print a script that completes commands and options on Tab", parameters: [shell],
        explanation: """
            bash: source <(saasctl completion bash)
            zsh:  source <(saasctl completion zsh), after compinit
            """)

    private enum Shell: String {
        case bash, zsh
    }

    private let shell: Shell

    init(_ arguments: Arguments) throws(UsageError) {
        guard let shell = Shell(rawValue: arguments.word(Self.shell) ?? "") else {
            throw UsageError("SHELL must be bash or zsh")
        }
        self.shell = shell
    }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        switch shell {
        case .bash: console.result(Completion.bash)
        case .zsh: console.result("autoload -U bashcompinit && bashcompinit\n" + Completion.bash)
        }
    }
}

/// The script, made of the table of commands.
private enum Completion {
    /// A `case` over what has been typed before the present word. zsh runs it by its bashcompinit.
    static var bash: String {
        var choices: [String: [String]] = [:]
        for syntax in Program.commands.map({ $0.syntax }) {
            var typed: [String] = []
            for word in syntax.words {
                choices[typed.joined(separator: " "), default: []].append(word)
                typed.append(word)
            }
            choices[syntax.name, default: []] += syntax.options.map { "--\($0.name)" } + ["--help"]
        }
        choices["", default: []] += ["help", "--help", "--version"]
        choices["completion", default: []] += ["bash", "zsh"]
        let cases = choices.sorted { $0.key < $1.key }.map { typed, words in
            var seen: Set<String> = []
            let unique = words.filter { seen.insert($0).inserted }
            return "        \"\(typed)\") choices=\"\(unique.joined(separator: " "))\" ;;"
        }
        return """
            _saasctl() {
                local current="${COMP_WORDS[COMP_CWORD]}" typed="" word choices=""
                # The command is the words before the first option; a parameter behind it is none of its words.
                for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
                    case "$word" in
                        -*) continue ;;
                    esac
                    case "$typed${typed:+ }$word" in
            \(commandPatterns)
                    esac
                done
                case "$typed" in
            \(cases.joined(separator: "\n"))
                esac
                COMPREPLY=($(compgen -W "$choices" -- "$current"))
                # Files stand where no word fits.
                if [ "${#COMPREPLY[@]}" = 0 ] && [ -n "$typed" ]; then COMPREPLY=($(compgen -f -- "$current")); fi
            }
            complete -F _saasctl saasctl
            """
    }

    private static var commandPatterns: String {
        var known: Set<String> = []
        for words in Program.commands.map({ $0.syntax.words }) {
            for count in 1...words.count { known.insert(words.prefix(count).joined(separator: " ")) }
        }
        return known.sorted().map { "            \"\($0)\") typed=\"\($0)\" ;;" }.joined(separator: "\n")
    }
}
