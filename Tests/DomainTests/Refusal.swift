import Contract
import Domain

/// The code of the answer that the closure throws; nil when it throws none.
func refusal<R>(_ body: () throws -> R) -> ErrorCode? {
    do {
        _ = try body()
        return nil
    } catch {
        return (error as? ErrorAnswer)?.code
    }
}

/// The sentence with which a value is refused; nil when it is taken.
func problem<Value>(_ input: String, _ make: (String) throws(InvalidValue) -> Value) -> String? {
    do {
        _ = try make(input)
        return nil
    } catch {
        return error.sentence
    }
}
