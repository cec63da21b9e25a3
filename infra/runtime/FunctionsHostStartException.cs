namespace Portal.Runtime;

/// <summary>The host cannot start; the message lists every fault found, one a line.</summary>
public sealed class FunctionsHostStartException : Exception
{
    public FunctionsHostStartException(IReadOnlyList<string> faults, Exception? cause = null) : base(Describe(faults), cause) =>
        Faults = faults;

    /// <summary>The faults, each a sentence that names the function, file or setting to change.</summary>
    public IReadOnlyList<string> Faults { get; }

    private static string Describe(IReadOnlyList<string> faults) =>
        $"The Functions host cannot start:{string.Concat(faults.Select(fault => $"{Environment.NewLine}  - {fault}"))}";
}
