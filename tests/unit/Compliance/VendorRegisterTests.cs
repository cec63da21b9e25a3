using Portal.Compliance;
using Portal.Compliance.Reviews;

namespace Portal.Tests.Unit.Compliance;

/// <summary>No vendor holds data undeclared, and none is reviewed that holds none.</summary>
public sealed class VendorRegisterTests
{
    [Fact]
    public void Every_processor_of_the_residency_report_is_in_the_register_once_and_no_other_vendor_is() => Assert.Equal(
        DataClasses.Processors.Select(processor => processor.Name).Order(StringComparer.Ordinal),
        VendorRegister.All.Select(vendor => vendor.Processor.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_holder_of_a_class_of_data_is_in_the_register_with_that_class() => Assert.All(DataClasses.All, of =>
        Assert.Equal(
            of.Holders.Order(StringComparer.Ordinal),
            VendorRegister.All.Where(vendor => vendor.Classes.Contains(of.Name)).Select(vendor => vendor.Processor.Name)
                .Order(StringComparer.Ordinal)));

    [Fact]
    public void Every_vendor_holds_data_has_promised_something_and_is_somebodys() => Assert.All(VendorRegister.All, vendor =>
    {
        Assert.NotEmpty(vendor.Classes);
        Assert.Contains("addendum", vendor.Agreement, StringComparison.Ordinal);
        Assert.Contains(vendor.Owner, Words(typeof(VendorOwner)));
    });

    [Fact]
    public void The_keys_on_the_wire_are_those_of_the_register() => Assert.Equal(
        Words(typeof(VendorKey)).Order(StringComparer.Ordinal),
        VendorRegister.All.Select(vendor => vendor.Key).Order(StringComparer.Ordinal));

    private static IEnumerable<string> Words(Type vocabulary) =>
        vocabulary.GetFields().Select(field => (string)field.GetRawConstantValue()!);
}
