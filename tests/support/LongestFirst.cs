using Xunit;
using Xunit.Abstractions;

namespace Portal.Tests.Support;

/// <summary>A class of tests that takes long: begun among the last, it would run on alone, and leave a core without work.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class TakesLongAttribute : Attribute;

/// <summary>Begins classes that take long before the others.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    public const string Name = "Portal.Tests.Support.LongestFirst";
    public const string Assembly = "Portal.Tests.Support";

    private const string OfAClass = "Test collection for ";

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderByDescending(TakesLong).ThenBy(each => each.UniqueID);

    // What xunit calls the collection of a class that is in no other.
    private static bool TakesLong(ITestCollection collection) =>
        collection.DisplayName.StartsWith(OfAClass, StringComparison.Ordinal)
        && collection.TestAssembly.Assembly.GetType(collection.DisplayName[OfAClass.Length..]) is { } type
        && type.GetCustomAttributes(typeof(TakesLongAttribute).AssemblyQualifiedName).Any();
}
