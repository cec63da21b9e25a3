using Dapper;
using Npgsql;

namespace Portal.LocalVendors.Hosting;

/// <summary>Files in the database, in chunks of at most 1 MiB, appended in order. Never held in memory as a whole.</summary>
internal sealed class StoredFiles(NpgsqlDataSource data, TimeProvider clock)
{
    public const int ChunkSize = 1024 * 1024;

    public async Task<string> CreateAsync(NpgsqlConnection connection, NpgsqlTransaction? transaction)
    {
        var id = Ids.New(24);
        await connection.ExecuteAsync(
            "insert into vendors.files (id, created_at) values (@id, @now)", new { id, now = clock.GetUtcNow().UtcDateTime }, transaction);
        return id;
    }

    /// <summary>Appends only if the file still ends at <paramref name="start"/>: two writers cannot interleave. False: somebody else moved
    /// it.</summary>
    public async Task<bool> AppendAsync(string id, long start, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        await using var connection = await data.OpenConnectionAsync(ct);
        await using var command = new NpgsqlCommand(
            """
            with grown as (
                update vendors.files set size = size + $3 where id = $1 and size = $2 and not complete returning id)
            insert into vendors.file_chunks (file_id, start, bytes) select id, $2, $4 from grown
            """, connection);
        command.Parameters.AddWithValue(id);
        command.Parameters.AddWithValue(start);
        command.Parameters.AddWithValue((long)bytes.Length);
        command.Parameters.Add(new NpgsqlParameter<ReadOnlyMemory<byte>> { TypedValue = bytes });
        return await command.ExecuteNonQueryAsync(ct) == 1;
    }

    /// <summary>Null when there is no such file.</summary>
    public async Task<long?> SizeAsync(string id, CancellationToken ct)
    {
        await using var connection = await data.OpenConnectionAsync(ct);
        return await connection.ExecuteScalarAsync<long?>(new CommandDefinition(
            "select size from vendors.files where id = @id", new { id }, cancellationToken: ct));
    }

    public static Task CompleteAsync(string id, NpgsqlConnection connection, NpgsqlTransaction transaction) =>
        connection.ExecuteAsync("update vendors.files set complete = true where id = @id", new { id }, transaction);

    public static Task DeleteAsync(string id, NpgsqlConnection connection, NpgsqlTransaction? transaction) =>
        connection.ExecuteAsync("delete from vendors.files where id = @id", new { id }, transaction);

    /// <summary>Reads a whole stream into a new file, at most <paramref name="limit"/> bytes. Null when there was more (nothing is kept
    /// then).</summary>
    public async Task<(string Id, long Size)?> SaveAsync(Stream source, long limit, CancellationToken ct)
    {
        string id;
        await using (var connection = await data.OpenConnectionAsync(ct))
        {
            id = await CreateAsync(connection, null);
        }
        long size = 0;
        try
        {
            var buffer = new byte[ChunkSize];
            int read;
            while ((read = await source.ReadAtLeastAsync(buffer, ChunkSize, throwOnEndOfStream: false, ct)) > 0 && size + read <= limit)
            {
                await AppendAsync(id, size, buffer.AsMemory(0, read), ct);
                size += read;
            }
            if (read == 0)
            {
                return (id, size);
            }
        }
        catch
        {
            await ForgetAsync(id);
            throw;
        }
        await ForgetAsync(id);
        return null;
    }

    /// <summary>At most <paramref name="count"/> bytes from <paramref name="offset"/>; fewer at the end of the file.</summary>
    public async Task<byte[]> ReadAsync(string id, long offset, int count, CancellationToken ct)
    {
        await using var connection = await data.OpenConnectionAsync(ct);
        var pieces = (await connection.QueryAsync<byte[]>(new CommandDefinition(
            """
            select substring(bytes from (greatest(@offset, start) - start)::int + 1
                                   for (least(@until, start + length(bytes)) - greatest(@offset, start))::int)
            from vendors.file_chunks
            where file_id = @id and start < @until and start + length(bytes) > @offset
              and start >= coalesce((select max(start) from vendors.file_chunks where file_id = @id and start <= @offset), 0)
            order by start
            """,
            new { id, offset, until = offset + count }, cancellationToken: ct))).AsList();
        if (pieces.Count == 1)
        {
            return pieces[0];
        }
        var whole = new byte[pieces.Sum(piece => piece.Length)];
        var at = 0;
        foreach (var piece in pieces)
        {
            piece.CopyTo(whole, at);
            at += piece.Length;
        }
        return whole;
    }

    /// <summary>Writes bytes [from, to) without holding a connection while the reader is slow.</summary>
    public async Task CopyToAsync(string id, long from, long to, Stream destination, CancellationToken ct)
    {
        while (from < to)
        {
            var piece = await ReadAsync(id, from, (int)Math.Min(ChunkSize, to - from), ct);
            if (piece.Length == 0)
            {
                throw new EndOfStreamException($"Stored file {id} ends at {from}, before {to}: it was deleted while being read.");
            }
            await destination.WriteAsync(piece, ct);
            from += piece.Length;
        }
    }

    private async Task ForgetAsync(string id)
    {
        await using var connection = await data.OpenConnectionAsync(CancellationToken.None);
        await DeleteAsync(id, connection, null);
    }
}
