// Package uploads searches the orders in which the requests of two clients on one
// upload can be taken, for one that ends with other bytes under a digest.
package uploads
