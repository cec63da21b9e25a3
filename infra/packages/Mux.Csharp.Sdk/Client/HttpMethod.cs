namespace Mux.Csharp.Sdk.Client;

/// <summary>Used by nothing here: it is declared so that a file which could not tell it from System.Net.Http's fails in every
/// build.</summary>
public enum HttpMethod
{
}
