namespace Portal.Tests.Support;

/// <summary>Keeps what is reported, line by line, on the thread that reports it: <see cref="Progress{T}"/> would answer later.</summary>
public sealed class ProgressLines : IProgress<string>
{
    public List<string> Lines { get; } = [];

    public void Report(string value) => Lines.Add(value);
}
