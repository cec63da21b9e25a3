namespace Portal.Foundation.Paging;

/// <summary>Reads what may be more than fits into memory, batch after batch in the order of its ids.</summary>
internal static class Batches
{
    /// <param name="size">How many <paramref name="next"/> reads at most; fewer are the last.</param>
    /// <param name="next">Reads those behind an id.</param>
    /// <param name="id">What they are ordered by.</param>
    public static async IAsyncEnumerable<T> ReadAsync<T>(int size, Func<Guid, Task<IReadOnlyList<T>>> next, Func<T, Guid> id)
    {
        var after = Guid.Empty;
        for (var some = size; some == size;)
        {
            var batch = await next(after);
            foreach (var one in batch)
            {
                yield return one;
                after = id(one);
            }

            some = batch.Count;
        }
    }
}
