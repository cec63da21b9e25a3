using System.Diagnostics.CodeAnalysis;

namespace Portal.Vendors;

/// <summary>
/// What a call to a vendor came to: a value, or why there is none. Its sibling for our own use cases is
/// <see cref="Foundation.Faults.Result{T}"/>. A call that has nothing to say but that it worked answers
/// <see cref="VendorFailure"/> or null.
/// </summary>
public readonly struct VendorResult<T>
    where T : notnull
{
    private VendorResult(T? value, VendorFailure? failure) => (Value, Failure) = (value, failure);

    /// <summary>Meaningless when it failed.</summary>
    public T? Value { get; }

    /// <summary>Null: it worked.</summary>
    public VendorFailure? Failure { get; }

    public static implicit operator VendorResult<T>(T value) => new(value, null);

    public static implicit operator VendorResult<T>(VendorFailure failure) => new(default, failure);

    /// <summary>True: it failed, and there is no value.</summary>
    public bool IsFailure([NotNullWhen(true)] out VendorFailure? why, [NotNullWhen(false)] out T? otherwise)
    {
        why = Failure;
        otherwise = Value;
        return Failure is not null;
    }
}
