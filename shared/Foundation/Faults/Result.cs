using System.Diagnostics.CodeAnalysis;

namespace Portal.Foundation.Faults;

/// <summary>What a use case came to: a value, or why it was refused. Exceptions are for bugs and outages.</summary>
public readonly struct Result<T>
    where T : class
{
    private readonly T? value;

    private Result(T? value, Refusal? refusal)
    {
        this.value = value;
        Refusal = refusal;
    }

    /// <summary>Null: it worked.</summary>
    public Refusal? Refusal { get; }

    public static implicit operator Result<T>(T value) => new(value, null);

    public static implicit operator Result<T>(Refusal refusal) => new(null, refusal);

    /// <summary>Exactly one of the two is not null.</summary>
    public void Deconstruct(out T? value, out Refusal? refusal)
    {
        value = this.value;
        refusal = Refusal;
    }

    /// <summary>True: it was refused, and there is no value.</summary>
    public bool IsRefused([NotNullWhen(true)] out Refusal? why, [NotNullWhen(false)] out T? otherwise)
    {
        why = Refusal;
        otherwise = value;
        return Refusal is not null;
    }

    public TOut Match<TOut>(Func<T, TOut> ok, Func<Refusal, TOut> refused) => Refusal is null ? ok(value!) : refused(Refusal);
}
