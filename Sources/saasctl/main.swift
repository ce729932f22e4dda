import Base
import Glibc

Shutdown.prepare()
TerminalEcho.restoreOnSignal()
exit(Program.run(Array(CommandLine.arguments.dropFirst()), .process(), Console()).rawValue)
