namespace Portal.Functions.Foundation.Http.Inputs;

/// <summary>A body without fields: the path says it all.</summary>
public sealed record NothingInput;
