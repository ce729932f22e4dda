import Base
import Contract
import Domain

/// `saasctl upload`
struct UploadCommand: Command {
    private static let tenant = Option.value("tenant", "ID", "the tenant that gets the files")
    private static let url = Option.value("url", "URL", "the service; default SAASCTL_URL, else PUBLIC_BASE_URL")
    private static let email = Option.value("email", "EMAIL", "who uploads; default SAASCTL_EMAIL")
    private static let tokenFile = Option.value("token-file", "FILE", "has an access token, instead of signing in")
    private static let mimeType = Option.value("mime-type", "TYPE", "declared for every file")
    private static let recursive = Option.flag("recursive", "take the files below directories too")
    private static let again = Option.flag("again", "send also what the tenant has already")
    private static let json = Option.flag("json", "a JSON object a line, each when its file is done")

    /// Nothing that it does needs the installation's secrets.
    static var readsSettings: Bool { false }

    static let syntax = Syntax(
        "upload", operands: "FILE...", summary: "upload files to a tenant, as one of its users",
        options: [tenant, url, email, tokenFile, mimeType, recursive, again, json],
        explanation: """
            Prints the id of each file's document. A file that the tenant has already under the
            same name is not sent again: a run that was broken off is resumed by starting it
            once more. Whoever uploads is known by SAASCTL_TOKEN or --token-file, or signs in
            with an email and SAASCTL_PASSWORD, which is asked for at a terminal when it is not
            set. SAASCTL_CA_FILE names the authorities to trust. The exit status is 1 when a
            file could not be uploaded; the others are, all the same.
            """)

    private let words: [String]
    private let tenantID: TenantID
    private let url: String?
    private let email: String?
    private let tokenFile: String?
    private let mediaType: String?
    private let isRecursive: Bool
    private let sendsAgain: Bool
    private let asJSON: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        guard !arguments.operands.isEmpty else { throw UsageError("a file is needed") }
        guard let tenantID = try arguments.value(of: Self.tenant, as: TenantID.self) else {
            throw UsageError("--tenant is needed")
        }
        if let url = arguments.text(of: Self.url), !ServiceSettings.isURL(url) {
            throw UsageError("--url must be an http or https URL")
        }
        words = arguments.operands
        self.tenantID = tenantID
        url = arguments.text(of: Self.url)
        email = arguments.text(of: Self.email)
        tokenFile = arguments.text(of: Self.tokenFile)
        mediaType = arguments.text(of: Self.mimeType)
        isRecursive = arguments.has(Self.recursive)
        sendsAgain = arguments.has(Self.again)
        asJSON = arguments.has(Self.json)
    }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        var environment = environment
        let settings = ServiceSettings(&environment)
        guard environment.problems.isEmpty else { throw .configuration(environment.problems) }
        let uploader = FileUploader(
            client: try signedIn(settings, console), tenant: tenantID, mediaType: mediaType, sendsAgain: sendsAgain,
            console: console)
        let files = FileSelection(words, recursive: isRecursive)
        var counts: [UploadResult.Status: Int] = [:]
        func tell(_ result: UploadResult) {
            counts[result.status, default: 0] += 1
            report(result, console)
        }
        for (path, sentence) in files.problems {
            tell(UploadResult(path: path, status: .failed, problem: sentence))
        }
        for path in files.paths { tell(try uploader.upload(path)) }
        let failed = counts[.failed] ?? 0
        console.note("\(counts[.uploaded] ?? 0) uploaded, \(counts[.skipped] ?? 0) there already, \(failed) failed")
        if failed > 0 { throw .reported(.failure) }
    }

    private func signedIn(_ settings: ServiceSettings, _ console: Console) throws(Failure) -> ServiceClient {
        let address = url ?? settings.url
        func client(_ token: String) -> ServiceClient {
            ServiceClient(url: address, token: token, caFile: settings.caFile, console: console)
        }
        if let tokenFile {
            guard let token = TextFile.read(tokenFile)?.split(whereSeparator: \.isWhitespace).first else {
                throw .configuration(["--token-file must name a readable file with a token"])
            }
            return client(String(token))
        }
        // An email on the command line is meant for this run, whatever the environment has.
        if email == nil, let token = settings.token { return client(token) }
        guard let email = email ?? settings.email else {
            throw .configuration(["SAASCTL_TOKEN or SAASCTL_EMAIL must be set, or --token-file or --email given"])
        }
        let password: String
        if let known = settings.password {
            password = known
        } else if let terminal = Terminal(console) {
            password = try terminal.askPassword()
        } else {
            throw .configuration(["SAASCTL_PASSWORD is not set, and there is no terminal to ask at"])
        }
        let client = client("")
        try client.signIn(email: email, password: password)
        return client
    }

    private func report(_ result: UploadResult, _ console: Console) {
        if asJSON {
            console.result(json: result)
        } else if let problem = result.problem {
            console.note("\(result.path): \(problem)")
        } else {
            if result.status == .skipped { console.note("\(result.path): the tenant has it already") }
            console.result("\(result.documentID ?? "-")  \(result.path)")
        }
    }
}
