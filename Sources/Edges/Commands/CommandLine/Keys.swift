/// An option without a value: `--yes`. Read with `arguments[flag]`.
struct Flag: Sendable {
    let definition: OptionDefinition

    init(_ name: String, short: Character? = nil, _ help: String, isHidden: Bool = false) {
        definition = OptionDefinition(name: name, short: short, value: nil, help: help, isHidden: isHidden)
    }
}

/// An option with a value: `--fleet DIR`. Read with `arguments[option]`, or `arguments.all(option)` if it repeats.
struct Option<Value: ArgumentValue>: Sendable {
    let definition: OptionDefinition

    init(
        _ name: String, short: Character? = nil, placeholder: String = Value.placeholder, _ help: String,
        default: String? = nil, repeats: Bool = false, isHidden: Bool = false
    ) {
        definition = OptionDefinition(
            name: name, short: short, value: ValueDefinition(Value.self, placeholder), help: help, default: `default`,
            repeats: repeats, isHidden: isHidden)
    }
}

/// An argument by its place. Read with `arguments[argument]`, or `arguments.all(argument)` if it repeats.
struct Argument<Value: ArgumentValue>: Sendable {
    let definition: ArgumentDefinition

    init(_ placeholder: String, _ arity: Arity, _ help: String) {
        definition = ArgumentDefinition(value: ValueDefinition(Value.self, placeholder), arity: arity, help: help)
    }

    /// An argument under its type's own name.
    init(_ arity: Arity, _ help: String) { self.init(Value.placeholder, arity, help) }
}

/// What stands in a command's list of options.
protocol OptionKey: Sendable {
    var definition: OptionDefinition { get }
}
extension Flag: OptionKey {}
extension Option: OptionKey {}

/// What stands in a command's list of arguments.
protocol ArgumentKey: Sendable {
    var definition: ArgumentDefinition { get }
}
extension Argument: ArgumentKey {}
