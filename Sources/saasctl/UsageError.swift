/// The command line makes no sense; one sentence says where.
struct UsageError: Error, Equatable {
    let sentence: String

    init(_ sentence: String) { self.sentence = sentence }
}
