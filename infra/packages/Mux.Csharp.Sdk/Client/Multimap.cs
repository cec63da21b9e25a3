#nullable disable
using System.Collections;

namespace Mux.Csharp.Sdk.Client;

public class Multimap<TKey, TValue> : IDictionary<TKey, IList<TValue>>
{
    private readonly Dictionary<TKey, IList<TValue>> map;

    public Multimap()
    {
        map = [];
    }

    public Multimap(IEqualityComparer<TKey> comparer)
    {
        map = new Dictionary<TKey, IList<TValue>>(comparer);
    }

    public int Count => map.Count;

    public bool IsReadOnly => false;

    public ICollection<TKey> Keys => map.Keys;

    public ICollection<IList<TValue>> Values => map.Values;

    public IList<TValue> this[TKey key]
    {
        get => map[key];
        set => map[key] = value;
    }

    public void Add(TKey key, TValue value)
    {
        if (map.TryGetValue(key, out var values))
        {
            values.Add(value);
        }
        else
        {
            map.Add(key, new List<TValue> { value });
        }
    }

    public void Add(TKey key, IList<TValue> value)
    {
        foreach (var one in value)
        {
            Add(key, one);
        }
    }

    public void Add(KeyValuePair<TKey, IList<TValue>> item) => Add(item.Key, item.Value);

    public void Clear() => map.Clear();

    public bool Contains(KeyValuePair<TKey, IList<TValue>> item) => ((ICollection<KeyValuePair<TKey, IList<TValue>>>)map).Contains(item);

    public bool ContainsKey(TKey key) => map.ContainsKey(key);

    public void CopyTo(KeyValuePair<TKey, IList<TValue>>[] array, int arrayIndex) =>
        ((ICollection<KeyValuePair<TKey, IList<TValue>>>)map).CopyTo(array, arrayIndex);

    public bool Remove(TKey key) => map.Remove(key);

    public bool Remove(KeyValuePair<TKey, IList<TValue>> item) => map.Remove(item.Key);

    public bool TryGetValue(TKey key, out IList<TValue> value) => map.TryGetValue(key, out value);

    public IEnumerator<KeyValuePair<TKey, IList<TValue>>> GetEnumerator() => map.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
