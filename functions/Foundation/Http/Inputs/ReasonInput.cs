namespace Portal.Functions.Foundation.Http.Inputs;

/// <summary>Why an Operator does what they do; it goes into the audit log.</summary>
public sealed record ReasonInput
{
    public const int Longest = 500;

    [Text(Longest), About("Why; it goes into the audit log.", Example = "\"Mux was down, see incident 12\"")]
    public required string Reason { get; init; }
}
