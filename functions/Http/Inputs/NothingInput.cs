namespace Portal.Functions.Http.Inputs;

/// <summary>A body without fields: the path says it all.</summary>
public sealed record NothingInput;
