namespace Portal.Operations.Costs;

/// <summary>Ends with <see cref="InvalidDataException"/> where a text has too many bytes, or a line of it has.</summary>
internal sealed class LineLimitedStream(Stream inner, long most, int mostInLine) : Stream
{
    private long read;
    private long inLine;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => read;
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Count(buffer.AsSpan(offset, inner.Read(buffer, offset, count)));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var bytes = await inner.ReadAsync(buffer, cancellationToken);
        return Count(buffer.Span[..bytes]);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private int Count(ReadOnlySpan<byte> bytes)
    {
        read += bytes.Length;
        var longest = inLine;
        foreach (var value in bytes)
        {
            inLine = value == (byte)'\n' ? 0 : inLine + 1;
            longest = Math.Max(longest, inLine);
        }

        return read > most || longest > mostInLine ? throw new InvalidDataException("The text is too large.") : bytes.Length;
    }
}
