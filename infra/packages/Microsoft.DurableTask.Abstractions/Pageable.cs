using System.Runtime.CompilerServices;

namespace Microsoft.DurableTask
{
    public abstract class AsyncPageable<T> : IAsyncEnumerable<T>
        where T : notnull
    {
        protected AsyncPageable()
        {
        }

        public abstract IAsyncEnumerable<Page<T>> AsPages(string? continuationToken = null, int? pageSizeHint = null);

        public async IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            await foreach (var page in AsPages().WithCancellation(cancellationToken))
            {
                foreach (var value in page.Values)
                {
                    yield return value;
                }
            }
        }
    }

    public sealed class Page<T>
        where T : notnull
    {
        public Page(IReadOnlyList<T> values, string? continuationToken = null)
        {
            ArgumentNullException.ThrowIfNull(values);
            Values = values;
            ContinuationToken = continuationToken;
        }

        public IReadOnlyList<T> Values { get; }

        public string? ContinuationToken { get; }
    }

    public static class Pageable
    {
        public static AsyncPageable<T> Create<T>(Func<string?, CancellationToken, Task<Page<T>>> pageFunc)
            where T : notnull
        {
            ArgumentNullException.ThrowIfNull(pageFunc);
            return new Pages<T>((continuation, _, cancellation) => pageFunc(continuation, cancellation));
        }

        public static AsyncPageable<T> Create<T>(Func<string?, int?, CancellationToken, Task<Page<T>>> pageFunc)
            where T : notnull
        {
            ArgumentNullException.ThrowIfNull(pageFunc);
            return new Pages<T>(pageFunc);
        }

        private sealed class Pages<T>(Func<string?, int?, CancellationToken, Task<Page<T>>> fetch) : AsyncPageable<T>
            where T : notnull
        {
            public override IAsyncEnumerable<Page<T>> AsPages(string? continuationToken = null, int? pageSizeHint = null) =>
                Enumerate(continuationToken, pageSizeHint);

            private async IAsyncEnumerable<Page<T>> Enumerate(
                string? continuation, int? size, [EnumeratorCancellation] CancellationToken cancellation = default)
            {
                do
                {
                    var page = await fetch(continuation, size, cancellation);
                    yield return page;
                    continuation = page.ContinuationToken;
                }
                while (continuation is not null);
            }
        }
    }
}

namespace Microsoft.DurableTask.Internal
{
    public interface IOrchestrationSubmitter
    {
        Task<string> ScheduleNewOrchestrationInstanceAsync(
            TaskName orchestratorName,
            object? input = null,
            StartOrchestrationOptions? options = null,
            CancellationToken cancellation = default);
    }
}
