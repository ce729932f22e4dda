import Testing

@testable import saasctl

struct TableTests {
    @Test func columnsAreAsWideAsTheirWidestCell() {
        let lines = Table.lines([["ID", "NAME", "N"], ["1", "Müller", "10"], ["22", "", "3"]])
        #expect(lines == ["ID  NAME    N", "1   Müller  10", "22          3"])
    }

    @Test func linesEndWithoutBlanks() {
        #expect(Table.lines([["a", "long"], ["b", ""]]) == ["a  long", "b"])
        #expect(Table.lines([]).isEmpty)
    }
}
