using System.Text;
using Portal.Compliance;

namespace Portal.Tests.Unit.Compliance;

public sealed class AuditSealTests
{
    /// <summary>Whoever checks with openssl writes these lines by hand (docs/playbook/operations/the-audit-log.md): none may go, or a seal
    /// would hold for another tenant, number, count, time or chain.</summary>
    [Fact]
    public void What_is_signed_names_tenant_number_rows_time_and_chain_a_line_each() => Assert.Equal(
        """
        portal audit seal 1
        00000000-0000-7000-8000-00000000000a
        3
        12
        2026-03-02T09:00:00.000001Z
        0101010101010101010101010101010101010101010101010101010101010101
        """.ReplaceLineEndings("\n"),
        Encoding.ASCII.GetString(AuditSeal.Message(
            new Guid("00000000-0000-7000-8000-00000000000a"), 3, 12,
            new DateTimeOffset(2026, 3, 2, 19, 0, 0, TimeSpan.FromHours(10)).AddTicks(10), [.. Enumerable.Repeat((byte)1, 32)])));

    [Fact]
    public void The_ids_of_its_rows_are_as_they_are_written()
    {
        Guid[] ids = [new("00000000-0000-7000-8000-00000000000a"), new("01020304-0506-7708-8910-111213141516")];
        var seal = new AuditSeal(
            Guid.Empty, 1, [], [], [.. ids.SelectMany(id => id.ToByteArray(bigEndian: true))], [], 1, ids[1], "a1", [],
            DateTimeOffset.UnixEpoch);
        Assert.Equal(ids, seal.Ids());
    }
}
