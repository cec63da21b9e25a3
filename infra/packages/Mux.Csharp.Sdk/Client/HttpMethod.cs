namespace Mux.Csharp.Sdk.Client;

/// <summary>Used by nothing here: it is declared so that a file which could not tell it from System.Net.Http's fails in every
/// build.</summary>
public enum HttpMethod
{
    Get = 0,
    Post = 1,
    Put = 2,
    Delete = 3,
    Head = 4,
    Options = 5,
    Patch = 6,
}
