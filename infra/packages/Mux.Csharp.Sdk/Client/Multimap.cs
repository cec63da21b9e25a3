#nullable disable
namespace Mux.Csharp.Sdk.Client;

public class Multimap<TKey, TValue>
{
    private readonly Dictionary<TKey, IList<TValue>> map;

    public Multimap(IEqualityComparer<TKey> comparer)
    {
        map = new Dictionary<TKey, IList<TValue>>(comparer);
    }

    public void Add(TKey key, IList<TValue> value) => map.Add(key, value);

    public bool TryGetValue(TKey key, out IList<TValue> value) => map.TryGetValue(key, out value);
}
