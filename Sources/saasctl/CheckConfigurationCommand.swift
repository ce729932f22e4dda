import Base
import ObjectStore
import Persistence
import Postgres

/// `saasctl config check`
struct CheckConfigurationCommand: Command {
    private static let offline = Option.flag("offline", "read the variables only, connect to nothing")

    static let syntax = Syntax(
        "config", "check", summary: "check the settings, and whether database and object store answer",
        options: [offline, .json],
        explanation: """
            Prints every problem, one a line, and never a secret's value. Files and sockets
            that are named for one program alone are checked where their variables are set.
            Exit status 78 when there is a problem.
            """)

    private let connects: Bool
    private let asJSON: Bool

    init(_ arguments: Arguments) {
        connects = !arguments.has(Self.offline)
        asJSON = arguments.has(.json)
    }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        let settings = ProgramSettings(environment)
        var problems = settings.problems
        if connects {
            problems += [databaseProblem(settings.database), storeProblem(settings.store)].compactMap { $0 }
        }
        if asJSON {
            console.result(json: JSONValue.object(["problems": .array(problems.map { .string($0) })]))
        } else {
            for problem in problems { console.result("configuration: \(problem)") }
            if problems.isEmpty { console.result("configuration: no problems") }
        }
        if !problems.isEmpty { throw .reported(.configuration) }
    }

    private func databaseProblem(_ settings: DatabaseSettings?) -> String? {
        guard let settings else { return nil }
        do {
            _ = try Connection(settings.main).execute("SELECT 1")
            return nil
        } catch {
            return "DATABASE_URL: \(error.operatorSentence)"
        }
    }

    private func storeProblem(_ settings: ObjectStoreSettings?) -> String? {
        guard let settings else { return nil }
        let name =
            switch settings {
            case .s3: "S3_BUCKET"
            case .directory: "OBJECT_DIR"
            }
        do {
            try settings.makeStore().check()
            return nil
        } catch {
            return "\(name): \(sentence(error))"
        }
    }

    private func sentence(_ error: ObjectStoreError) -> String {
        switch error {
        case .notFound: "there is no such bucket or directory"
        case .unavailable(let detail): "the object store cannot be reached (\(detail.singleLine))"
        case .refused(let detail): "the object store refuses us (\(detail.singleLine))"
        case .full: "there is no space left"
        case .corrupted(let detail): "the object store does not keep what it is given (\(detail.singleLine))"
        }
    }
}
