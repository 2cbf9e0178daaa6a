using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace InternPlatform.Deployment.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class Parts : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "AdaptersJson",
                table: "deployments",
                type: "text",
                nullable: false,
                defaultValue: "[]");

            migrationBuilder.AddColumn<string>(
                name: "DraftArtifactId",
                table: "deployments",
                type: "character varying(64)",
                maxLength: 64,
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "AdaptersJson",
                table: "deployments");

            migrationBuilder.DropColumn(
                name: "DraftArtifactId",
                table: "deployments");
        }
    }
}
