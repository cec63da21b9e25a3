namespace Portal.Tests.Soak.Mutants;

/// <summary>What became of a mutant.</summary>
/// <param name="By">The test that noticed; else what went wrong.</param>
public sealed record MutantVerdict(MutantOutcome Outcome, string By);

public enum MutantOutcome
{
    /// <summary>A test that it names failed.</summary>
    Killed,

    /// <summary>The tests that it names passed.</summary>
    Survived,

    /// <summary>Nothing can be said: it does not compile, or its tests are not there, fail without it, or could not run.</summary>
    Refused,
}
